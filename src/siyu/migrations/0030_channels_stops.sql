-- Which open mass messages a new withdrawal meets: asked several times a second, so it must not walk all recipients.

create index withdrawals_at on withdrawals (withdrawn_at);
create index mass_recipients_open on mass_recipients (subject) where state = 'open';
