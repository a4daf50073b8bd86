-- Nothing reads consents by it: the gate and the segments have their own statements.

drop function consent_state(bigint[], text, text);
