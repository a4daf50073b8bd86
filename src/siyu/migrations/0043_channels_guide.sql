-- By which guide a message went: the log of messages asks for the task of an intent, also where nobody confirmed it.

create index mass_recipients_intent on mass_recipients (intent_id, task_id);
