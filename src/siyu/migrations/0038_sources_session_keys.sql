-- WeChat's session keys were written and never read.

alter table mini_sessions drop column key_sealed;
