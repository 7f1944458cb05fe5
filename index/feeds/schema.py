"""This room's tables, as migrations: ``MIGRATIONS[n]`` leads from version n to n + 1."""

MIGRATIONS = (
    """
    CREATE TABLE feeds (
        url TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        etag TEXT,
        modified TEXT,
        next_poll_at REAL,
        last_success_at REAL,
        last_error TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        added_at REAL NOT NULL
    );
    CREATE TABLE entries (
        feed TEXT NOT NULL REFERENCES feeds (url) ON DELETE CASCADE,
        guid TEXT NOT NULL,
        seen_at REAL NOT NULL,
        PRIMARY KEY (feed, guid)
    );
    """,
    # Numbers for feeds, for buttons; they survive a change of URL and are never reused. An entry
    # refers to its article and stores what its feed said about it.
    """
    ALTER TABLE entries RENAME TO old_entries;
    ALTER TABLE feeds RENAME TO old_feeds;
    CREATE TABLE feeds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'on'
            CHECK (state IN ('on', 'paused', 'switched off', 'ended')),
        etag TEXT,
        modified TEXT,
        digest BLOB,
        period REAL NOT NULL DEFAULT 0,
        next_poll_at REAL,
        last_success_at REAL,
        last_error TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        articles INTEGER NOT NULL DEFAULT 0,
        added_at REAL NOT NULL
    );
    CREATE INDEX feeds_due ON feeds (next_poll_at) WHERE next_poll_at IS NOT NULL;
    INSERT INTO feeds (url, title, state, etag, modified, next_poll_at, last_success_at,
            last_error, failures, articles, added_at)
        SELECT url, title, iif(next_poll_at IS NULL, 'ended', 'on'), etag, modified, next_poll_at,
            last_success_at, last_error, failures,
            (SELECT count(*) FROM old_entries WHERE feed = url), added_at
        FROM old_feeds ORDER BY added_at, url;
    CREATE TABLE entries (
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        guid TEXT NOT NULL,
        article TEXT,
        fingerprint TEXT,
        read_at REAL NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        edits INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (feed, guid)
    ) WITHOUT ROWID;
    INSERT INTO entries (feed, guid, read_at)
        SELECT feeds.id, old_entries.guid, old_entries.seen_at
        FROM old_entries JOIN feeds ON feeds.url = old_entries.feed;
    DROP TABLE old_entries;
    DROP TABLE old_feeds;
    CREATE TABLE notices (
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        reader INTEGER NOT NULL,
        PRIMARY KEY (feed, reader)
    ) WITHOUT ROWID;
    """,
    # The entries of a feed's first document are stored before any of them is read.
    """
    ALTER TABLE entries ADD COLUMN is_backlog INTEGER NOT NULL DEFAULT 0;
    """,
    # When a feed ended; for earlier ends only the time of the last success is known. Who has been
    # notified is the bot's concern: it takes over "notices" and drops it.
    """
    ALTER TABLE feeds ADD COLUMN ended_at REAL;
    UPDATE feeds SET ended_at = coalesce(last_success_at, added_at)
        WHERE state IN ('switched off', 'ended');
    """,
    # Hosts and pages to leave alone, and the HTTP status that they answered with.
    """
    CREATE TABLE rests (
        place TEXT PRIMARY KEY,
        status INTEGER NOT NULL,
        until REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    # Who follows a feed by any name that it has had is told of what it brings. An article's feeds
    # are written before the article, which is matched as soon as it is stored.
    """
    CREATE TABLE feed_names (
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        PRIMARY KEY (feed, name)
    ) WITHOUT ROWID;
    INSERT INTO feed_names SELECT id, url FROM feeds;
    INSERT INTO feed_names SELECT id, title FROM feeds WHERE title NOT IN ('', url);
    CREATE TABLE feed_articles (
        article TEXT NOT NULL,
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        PRIMARY KEY (article, feed)
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO feed_articles SELECT article, feed FROM entries
        WHERE article IS NOT NULL;
    """,
    # Without it, each poll of a feed read all the entries that it ever had.
    """
    CREATE INDEX entries_by_fingerprint ON entries (fingerprint);
    CREATE INDEX entries_by_article ON entries (feed, article);
    """,
    # Feeds that people follow for themselves. All feeds before were everybody's.
    """
    ALTER TABLE feeds ADD COLUMN is_everybodys INTEGER NOT NULL DEFAULT 1;
    CREATE TABLE followers (
        follower INTEGER NOT NULL,
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        PRIMARY KEY (follower, feed)
    ) WITHOUT ROWID;
    CREATE INDEX followers_by_feed ON followers (feed);
    """,
    # When the first feed of each host is due: thousands that wait for one busy host are not looked
    # at one by one.
    """
    ALTER TABLE feeds ADD COLUMN host TEXT NOT NULL DEFAULT '';
    UPDATE feeds SET host = lower(substr(url, instr(url, '://') + 3));
    UPDATE feeds SET host = substr(host, 1, instr(host || '/', '/') - 1);
    UPDATE feeds SET host = substr(host, 1, instr(host || '?', '?') - 1);
    UPDATE feeds SET host = substr(host, instr(host, '@') + 1);
    UPDATE feeds SET host = CASE
        WHEN host LIKE '[%' THEN substr(host, 2, instr(host, ']') - 2)
        ELSE substr(host, 1, instr(host || ':', ':') - 1)
    END;
    DROP INDEX feeds_due;
    CREATE INDEX feeds_due ON feeds (host, next_poll_at) WHERE next_poll_at IS NOT NULL;
    CREATE TABLE hosts (
        host TEXT PRIMARY KEY,
        due_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX hosts_due ON hosts (due_at);
    INSERT INTO hosts SELECT host, min(next_poll_at) FROM feeds
        WHERE next_poll_at IS NOT NULL GROUP BY host;
    CREATE TRIGGER feed_added AFTER INSERT ON feeds BEGIN
        DELETE FROM hosts WHERE host = new.host;
        INSERT INTO hosts SELECT host, next_poll_at FROM feeds
            WHERE host = new.host AND next_poll_at IS NOT NULL ORDER BY next_poll_at LIMIT 1;
    END;
    CREATE TRIGGER feed_changed AFTER UPDATE OF host, next_poll_at ON feeds BEGIN
        DELETE FROM hosts WHERE host IN (old.host, new.host);
        INSERT INTO hosts SELECT host, next_poll_at FROM feeds
            WHERE host = old.host AND next_poll_at IS NOT NULL ORDER BY next_poll_at LIMIT 1;
        INSERT OR IGNORE INTO hosts SELECT host, next_poll_at FROM feeds
            WHERE host = new.host AND next_poll_at IS NOT NULL ORDER BY next_poll_at LIMIT 1;
    END;
    CREATE TRIGGER feed_removed AFTER DELETE ON feeds BEGIN
        DELETE FROM hosts WHERE host = old.host;
        INSERT INTO hosts SELECT host, next_poll_at FROM feeds
            WHERE host = old.host AND next_poll_at IS NOT NULL ORDER BY next_poll_at LIMIT 1;
    END;
    """,
    # Who is connected to a host, and who waits for it: the first of a host's rows has it.
    """
    CREATE TABLE host_leases (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        host TEXT NOT NULL,
        holder TEXT NOT NULL,
        until REAL NOT NULL  -- seconds since 1970, by the clock of the database
    );
    CREATE INDEX host_leases_by_host ON host_leases (host, number);
    """,
    # Counts the changes of feeds' names, so that a reader knows when to read them again.
    """
    CREATE TABLE feed_names_revision (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        number INTEGER NOT NULL
    );
    INSERT INTO feed_names_revision VALUES (1, 0);
    CREATE TRIGGER feed_name_added AFTER INSERT ON feed_names BEGIN
        UPDATE feed_names_revision SET number = number + 1;
    END;
    CREATE TRIGGER feed_name_changed AFTER UPDATE OF feed ON feed_names BEGIN
        UPDATE feed_names_revision SET number = number + 1;
    END;
    CREATE TRIGGER feed_name_removed AFTER DELETE ON feed_names BEGIN
        UPDATE feed_names_revision SET number = number + 1;
    END;
    """,
)
