-- Scores flow back as facts (score.clv, score.churn, ...), and the runs that made them.

alter table sources drop constraint sources_kind_check;
alter table sources add constraint sources_kind_check check (kind in ('system', 'file', 'http', 'channel', 'analytics'));

-- The newest score of each name, per identifier, folded from score.* facts: a person's score is the newest one among the identifiers of
-- today, so merging and undoing never rewrite anything.
-- room: pool
create table scores (
    subject bigint not null,
    name text not null,                    -- clv of score.clv
    as_of timestamptz not null,            -- the fact's occurred_at
    fact_key uuid not null,                -- the fact that said it; of two at one moment the greater key is the newer
    value numeric,                         -- data.value, or the amount in whole units of its currency (59.90)
    word text,                             -- data.value where it is a text
    currency text,
    primary key (subject, name)
);

-- One row per scoring run: the history behind every score, and behind the pool's value over time.
-- room: analytics
create table score_runs (
    run_id bigint generated always as identity primary key,
    as_of timestamptz not null,            -- what was known when it began; the moment its scores are of
    observed_on date,                      -- the last day with an order: histories are read as they stood at its end
    state text not null check (state in ('running', 'done', 'skipped', 'failed')),
    why text not null default '',          -- a code: why it was skipped, or what failed
    asked_by text not null default '',
    job_id bigint,
    currency text not null default '',
    customers_n bigint not null default 0,
    orders_n bigint not null default 0,
    elsewhere_n bigint not null default 0, -- orders in other currencies, left out
    model text,
    runner_up text,
    chosen_by text,                        -- backtest, default, no dropout
    fits jsonb not null default '{}',      -- model -> parameters, log-likelihood, degenerate; what the resumed run goes on with
    backtest jsonb not null default '[]',  -- a row per model and origin
    deciles jsonb not null default '[]',   -- predicted and happened by decile and by cohort, per model
    figures jsonb not null default '{}',   -- everything that valuation needs: totals, bands, the next customer, by year
    assumed jsonb not null default '{}',   -- margin, discount, horizon ... as they were
    pool_minor bigint,
    low_minor bigint,
    high_minor bigint,
    written_to bigint not null default 0,  -- everybody up to this person is written
    seen_n bigint not null default 0,
    written_n bigint not null default 0,   -- people whose scores changed enough to be facts
    began_at timestamptz not null,
    ended_at timestamptz
);
create unique index score_runs_one on score_runs ((true)) where state = 'running';
create index score_runs_newest on score_runs (as_of desc, run_id desc);
