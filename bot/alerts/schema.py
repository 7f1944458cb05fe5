"""The tables of the alerts, as migrations from each version to the next.

``places`` holds the timetables of destinations. ``thread_id`` is a forum topic, 0 outside forums;
times are seconds since the epoch.
"""

MIGRATIONS = [
    """
    CREATE TABLE subscriptions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: old buttons carry it
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        topic TEXT NOT NULL,
        after_number INTEGER NOT NULL,
        created_at REAL NOT NULL,
        created_by INTEGER NOT NULL,
        UNIQUE (chat_id, thread_id, topic)
    );
    CREATE TABLE outbox (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        article_number INTEGER NOT NULL,
        article_id TEXT NOT NULL,
        topics TEXT NOT NULL,
        html TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given up')),
        lease_until REAL NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        settled_at REAL,
        UNIQUE (chat_id, thread_id, article_number)
    );
    CREATE INDEX outbox_waiting ON outbox (article_number, chat_id, thread_id)
        WHERE state = 'waiting';
    CREATE INDEX outbox_waiting_of_chat ON outbox (chat_id, article_number, thread_id)
        WHERE state = 'waiting';
    CREATE TABLE cursor (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        article_number INTEGER NOT NULL
    );
    """,
    # Subscriptions to sources, digests, quiet hours. Alerts are composed from the stored quote when
    # they are sent; rows that were waiting before are sent as they were written.
    """
    CREATE TABLE subscriptions_next (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        topic TEXT NOT NULL,
        source TEXT NOT NULL DEFAULT '',
        strictness INTEGER NOT NULL DEFAULT 0,
        after_number INTEGER NOT NULL,
        created_at REAL NOT NULL,
        created_by INTEGER NOT NULL,
        last_match_at REAL NOT NULL,  -- before the first match: when it was created
        told_quiet_at REAL,
        ended_at REAL
    );
    INSERT INTO sqlite_sequence (name, seq)
        SELECT 'subscriptions_next', seq FROM sqlite_sequence WHERE name = 'subscriptions';
    INSERT INTO subscriptions_next (id, chat_id, thread_id, topic, after_number, created_at,
        created_by, last_match_at)
        SELECT id, chat_id, thread_id, topic, after_number, created_at, created_by,
            CAST(strftime('%s', 'now') AS REAL)
        FROM subscriptions;
    CREATE TABLE less_like (
        subscription INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
        article_number INTEGER NOT NULL,
        passage TEXT NOT NULL,
        PRIMARY KEY (subscription, article_number)
    );
    CREATE TABLE places (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        zone TEXT,
        digest_at INTEGER,
        next_digest_at REAL,
        quiet_from INTEGER,
        quiet_until INTEGER,
        PRIMARY KEY (chat_id, thread_id)
    ) WITHOUT ROWID;
    CREATE INDEX places_by_digest ON places (next_digest_at) WHERE next_digest_at IS NOT NULL;
    CREATE TABLE alert_quotes (
        id INTEGER PRIMARY KEY,
        article_number INTEGER NOT NULL,
        article_id TEXT NOT NULL,
        text TEXT NOT NULL,
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        paragraph INTEGER NOT NULL,
        highlight_begins INTEGER,
        highlight_ends INTEGER
    );
    CREATE INDEX alert_quotes_by_article ON alert_quotes (article_number);
    INSERT INTO alert_quotes (article_number, article_id, text, begins, ends, paragraph)
        SELECT DISTINCT article_number, article_id, '', 0, 0, 0 FROM outbox;
    CREATE TABLE outbox_next (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('alert', 'edit', 'digest', 'notice')),
        article_number INTEGER,
        quote INTEGER,
        reasons TEXT NOT NULL DEFAULT '[]',  -- ids of subscriptions
        also TEXT NOT NULL DEFAULT '[]',     -- ids of articles
        edits INTEGER,                       -- the alert that an edit changes
        html TEXT,
        state TEXT NOT NULL DEFAULT 'waiting'
            CHECK (state IN ('waiting', 'collected', 'digested', 'sent', 'given up')),
        lease_until REAL NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        settled_at REAL,
        message_id INTEGER
    );
    INSERT INTO outbox_next (chat_id, thread_id, kind, article_number, quote, reasons, html, state,
        lease_until, not_before, attempts, settled_at)
        SELECT chat_id, thread_id, 'alert', article_number,
            (SELECT id FROM alert_quotes WHERE alert_quotes.article_number = outbox.article_number),
            (SELECT json_group_array(id) FROM subscriptions
                WHERE subscriptions.chat_id = outbox.chat_id
                    AND subscriptions.thread_id = outbox.thread_id
                    AND topic IN (SELECT value FROM json_each(outbox.topics))),
            CASE state WHEN 'waiting' THEN html END,
            state, lease_until, not_before, attempts, settled_at
        FROM outbox ORDER BY article_number, chat_id, thread_id;
    DROP TABLE subscriptions;
    ALTER TABLE subscriptions_next RENAME TO subscriptions;
    DROP TABLE outbox;
    ALTER TABLE outbox_next RENAME TO outbox;
    CREATE UNIQUE INDEX subscriptions_of_place
        ON subscriptions (chat_id, thread_id, topic, source) WHERE ended_at IS NULL;
    CREATE INDEX subscriptions_silent ON subscriptions (last_match_at)
        WHERE ended_at IS NULL AND told_quiet_at IS NULL AND topic != '';
    CREATE INDEX subscriptions_ended ON subscriptions (ended_at) WHERE ended_at IS NOT NULL;
    CREATE UNIQUE INDEX outbox_by_article ON outbox (article_number, chat_id, thread_id)
        WHERE kind = 'alert';
    CREATE INDEX outbox_waiting ON outbox (chat_id, thread_id, id) WHERE state = 'waiting';
    CREATE INDEX outbox_collected ON outbox (chat_id, thread_id, id) WHERE state = 'collected';
    CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
    CREATE TABLE subscriptions_revision (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        number INTEGER NOT NULL
    );
    INSERT INTO subscriptions_revision VALUES (1, 0);
    CREATE TRIGGER subscription_added AFTER INSERT ON subscriptions BEGIN
        UPDATE subscriptions_revision SET number = number + 1;
    END;
    CREATE TRIGGER subscription_changed
    AFTER UPDATE OF chat_id, strictness, ended_at ON subscriptions BEGIN
        UPDATE subscriptions_revision SET number = number + 1;
    END;
    CREATE TRIGGER subscription_removed AFTER DELETE ON subscriptions BEGIN
        UPDATE subscriptions_revision SET number = number + 1;
    END;
    CREATE TABLE prompts (
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        article_id TEXT NOT NULL,
        asked_at REAL NOT NULL,
        PRIMARY KEY (chat_id, message_id)
    ) WITHOUT ROWID;
    """,
    # The language of a chat: the one chosen with /language, and in private chats the one that the
    # person's app was in when it was last seen.
    """
    CREATE TABLE chat_languages (
        chat_id INTEGER PRIMARY KEY,
        chosen TEXT,
        seen TEXT
    );
    """,
    # The digest in which an alert was sent, whose html is kept: it may be edited. That of the alert
    # is its item there. Digests that were sent before cannot be edited.
    """
    ALTER TABLE outbox ADD COLUMN digest INTEGER;
    CREATE INDEX outbox_by_digest ON outbox (digest) WHERE digest IS NOT NULL;
    """,
    # Our replies to questions, which are edited with them.
    """
    CREATE TABLE replies (
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        reply_id INTEGER NOT NULL,
        answered_at REAL NOT NULL,
        PRIMARY KEY (chat_id, message_id)
    ) WITHOUT ROWID;
    """,
    # Places that accept no messages for a while, and why Telegram refused messages for good.
    """
    CREATE TABLE pauses (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        since REAL NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (chat_id, thread_id)
    ) WITHOUT ROWID;
    ALTER TABLE outbox ADD COLUMN refusal TEXT;
    CREATE INDEX outbox_refused ON outbox (id) WHERE refusal IS NOT NULL;
    """,
    # A message with several questions has several replies.
    """
    CREATE TABLE replies_of_parts (
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        part INTEGER NOT NULL,
        reply_id INTEGER NOT NULL,
        answered_at REAL NOT NULL,
        PRIMARY KEY (chat_id, message_id, part)
    ) WITHOUT ROWID;
    INSERT INTO replies_of_parts SELECT chat_id, message_id, 0, reply_id, answered_at FROM replies;
    DROP TABLE replies;
    ALTER TABLE replies_of_parts RENAME TO replies;
    """,
    # Saved questions, and the sentences that have answered them, which are not news again.
    """
    ALTER TABLE subscriptions ADD COLUMN question TEXT NOT NULL DEFAULT '';
    DROP INDEX subscriptions_of_place;
    CREATE UNIQUE INDEX subscriptions_of_place
        ON subscriptions (chat_id, thread_id, topic, source, question) WHERE ended_at IS NULL;
    CREATE TABLE quoted (
        subscription INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
        article_number INTEGER NOT NULL,
        sentence TEXT NOT NULL,
        PRIMARY KEY (subscription, article_number, sentence)
    ) WITHOUT ROWID;
    """,
    # What edits of its article have corrected since an alert was sent: pairs of words before and
    # after. ``correction_cursor`` says which replaced version of an article was looked at last.
    """
    ALTER TABLE outbox ADD COLUMN corrections TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE correction_cursor (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        version INTEGER NOT NULL
    );
    """,
    # An article that only some could see is matched again once everybody can.
    """
    ALTER TABLE cursor ADD COLUMN published INTEGER NOT NULL DEFAULT 0;
    """,
    # Whether somebody removed the buttons below an alert, which edits must not bring back.
    """
    ALTER TABLE outbox ADD COLUMN is_bare INTEGER NOT NULL DEFAULT 0;
    """,
    # Only the subscriptions that an article matches are read, by their interests.
    """
    DROP TRIGGER subscription_added;
    DROP TRIGGER subscription_changed;
    DROP TRIGGER subscription_removed;
    DROP TABLE subscriptions_revision;
    CREATE INDEX subscriptions_by_interest ON subscriptions (question, topic, source)
        WHERE ended_at IS NULL;
    """,
    # What the last matched article leads to and is not in the outbox yet: each row has the pairs of
    # a quote's id and the ids of subscriptions, for a few thousand destinations.
    """
    CREATE TABLE bites (
        id INTEGER PRIMARY KEY,
        article_number INTEGER NOT NULL,
        matches TEXT NOT NULL
    );
    """,
    "ALTER TABLE bites RENAME TO match_batches;",
]
