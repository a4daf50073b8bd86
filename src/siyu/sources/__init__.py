"""WHERE FROM. Turns foreign data into facts: `sources.files` reads files, `sources.http` speaks the Segment protocol, `sources.callbacks`
takes what vendors push, `sources.desk` reads desks of 微信客服; `sources.connected` says what vendors mean, `sources.wishes` what to fetch,
and `sources.sync` asks for it; `sources.kin` asks who is the same elsewhere, `sources.handing` hands customers and chats on;
`sources.mini` is the door of a mini-program, `sources.pulling` asks for receipts that nobody pushes, `sources.connecting` sets accounts up.

Each has a door of its own. Owns the tables imports, import_rejects, import_mappings, http_rejects, http_reject_days, http_orders,
callbacks, callback_refusals, callback_keys, mini_sessions, sync_wishes, desk_places, sync_runs, sync_places, sync_differences, sync_seen,
sync_ways, sync_strangers, sync_kin_places, handings, handing_waiting, chat_handings.
"""
