-- What a guide has had by a code today: asked for every code after each scan, so that nobody goes over a day's cap.

create index live_code_scans_guide on live_code_scans (code_id, guide, added_at) where code_id is not null and twin_key is null;
