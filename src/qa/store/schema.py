"""The tables of articles, passages and vectors: numbered migrations."""

MIGRATIONS = (
    """
    CREATE TABLE current_index (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        model TEXT, dimension INTEGER,
        generation INTEGER NOT NULL,
        revision INTEGER NOT NULL
    );
    INSERT INTO current_index VALUES (1, NULL, NULL, 1, 0);
    CREATE TABLE articles (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        url TEXT,
        source TEXT,
        published_at TEXT,
        content_hash TEXT NOT NULL,
        prepared_for INTEGER
    );
    CREATE INDEX articles_by_url ON articles (url);
    CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        generation INTEGER NOT NULL,
        text TEXT NOT NULL,
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        paragraph INTEGER NOT NULL,
        context TEXT NOT NULL,
        leads INTEGER NOT NULL
    );
    CREATE INDEX passages_by_article ON passages (article, generation);
    CREATE INDEX passages_by_generation ON passages (generation, id);
    CREATE TABLE vectors (
        passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
        vector BLOB NOT NULL
    );
    CREATE TABLE sentences (
        passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
        spans TEXT NOT NULL,
        vectors BLOB NOT NULL
    );
    CREATE VIRTUAL TABLE passage_words USING fts5 (
        context, text, content = 'passages', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE VIRTUAL TABLE passage_vocabulary USING fts5vocab (passage_words, row);
    CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
        INSERT INTO passage_words (rowid, context, text) VALUES (new.id, new.context, new.text);
    END;
    CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
        INSERT INTO passage_words (passage_words, rowid, context, text)
        VALUES ('delete', old.id, old.context, old.text);
    END;
    CREATE VIRTUAL TABLE article_words USING fts5 (
        title, text, content = 'articles', content_rowid = 'number',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
        INSERT INTO article_words (rowid, title, text) VALUES (new.number, new.title, new.text);
    END;
    CREATE TRIGGER article_removed AFTER DELETE ON articles BEGIN
        INSERT INTO article_words (article_words, rowid, title, text)
        VALUES ('delete', old.number, old.title, old.text);
    END;
    CREATE TRIGGER article_changed AFTER UPDATE OF title, text ON articles BEGIN
        INSERT INTO article_words (article_words, rowid, title, text)
        VALUES ('delete', old.number, old.title, old.text);
        INSERT INTO article_words (rowid, title, text) VALUES (new.number, new.title, new.text);
    END;
    """,
    # The full-text index moved out of the database: ``qa.search`` derives it, as it does the vector
    # index. ``removals`` lists what derived indexes must drop. ``history`` shows whether an index
    # was derived from an earlier state of this database.
    """
    DROP TRIGGER passage_added;
    DROP TRIGGER passage_removed;
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_changed;
    DROP TABLE passage_vocabulary;
    DROP TABLE passage_words;
    DROP TABLE article_words;
    CREATE TABLE removals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        passage INTEGER NOT NULL,
        article INTEGER NOT NULL
    );
    CREATE TABLE history (revision INTEGER PRIMARY KEY, token INTEGER NOT NULL);
    INSERT INTO history SELECT revision, random() FROM current_index;
    """,
    # Facts about an article. Existing articles have no story and count as added at ``kept_since``:
    # writing that into each row, or finding their stories, would take minutes in a large database,
    # and stories end after ``stories.DAYS`` anyway.
    """
    ALTER TABLE articles ADD COLUMN author TEXT;
    ALTER TABLE articles ADD COLUMN language TEXT;
    ALTER TABLE articles ADD COLUMN image_url TEXT;
    ALTER TABLE articles ADD COLUMN announced INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE articles ADD COLUMN added_at REAL;
    ALTER TABLE articles ADD COLUMN story INTEGER;
    ALTER TABLE current_index ADD COLUMN kept_since REAL;
    UPDATE current_index SET kept_since = (julianday('now') - 2440587.5) * 86400;
    CREATE INDEX articles_by_coming ON articles (added_at);
    CREATE INDEX articles_by_source ON articles (source);
    CREATE INDEX articles_by_story ON articles (story) WHERE story IS NOT NULL;
    CREATE TABLE story_bands (
        band INTEGER NOT NULL,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        PRIMARY KEY (band, article)
    ) WITHOUT ROWID;
    CREATE INDEX story_bands_by_article ON story_bands (article);
    """,
    """
    CREATE TABLE topic_vectors (
        topic TEXT NOT NULL,
        model TEXT NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (topic, model)
    ) WITHOUT ROWID;
    """,
    # The LSH bands of an article were scattered rows of a large table and took longer to write than
    # everything else about it; now they are one row at the end. Existing articles lose their story.
    """
    DROP TABLE story_bands;
    CREATE TABLE sketches (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL UNIQUE REFERENCES articles (number) ON DELETE CASCADE,
        bands BLOB NOT NULL
    );
    """,
    # Author and picture were never read. ``is_backlog`` replaces ``announced``.
    """
    ALTER TABLE articles DROP COLUMN author;
    ALTER TABLE articles DROP COLUMN image_url;
    ALTER TABLE articles ADD COLUMN is_backlog INTEGER NOT NULL DEFAULT 0;
    UPDATE articles SET is_backlog = 1 WHERE announced = 0;
    ALTER TABLE articles DROP COLUMN announced;
    """,
    # Existing articles have NULL here, and marks in their text, until the next rebuild.
    """
    ALTER TABLE articles ADD COLUMN blocks TEXT;
    """,
    # Existing vectors were made without a prompt.
    """
    ALTER TABLE current_index ADD COLUMN passage_prompt TEXT NOT NULL DEFAULT '';
    """,
    # Neither whether a passage stands below its heading nor the words of whole articles helped.
    """
    ALTER TABLE passages DROP COLUMN leads;
    ALTER TABLE removals DROP COLUMN article;
    """,
    """
    CREATE INDEX articles_by_language ON articles (language);
    """,
    # Existing passages have no tokens until the next rebuild.
    """
    CREATE TABLE tokens (
        passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
        signs BLOB NOT NULL,
        sentences TEXT NOT NULL
    );
    """,
    # Existing articles have no stream: they are compared as those of other sources are.
    """
    ALTER TABLE articles ADD COLUMN stream TEXT;
    """,
    # Whether the text of an existing article has changed since it came in is not known.
    """
    ALTER TABLE articles ADD COLUMN changed_at REAL;
    """,
    """
    CREATE TABLE question_vectors (
        topic TEXT NOT NULL,
        model TEXT NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (topic, model)
    ) WITHOUT ROWID;
    """,
    # What an update has replaced. The ids are never reused: readers follow them.
    """
    CREATE TABLE earlier_versions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        title TEXT NOT NULL,
        text BLOB NOT NULL,  -- UTF-8, compressed by zlib
        replaced_at REAL NOT NULL
    );
    CREATE INDEX earlier_versions_by_article ON earlier_versions (article, id);
    """,
    # Articles that only some readers may see. Those that everybody may see later are new to most:
    # ``last`` is the number of the last article when that happened.
    """
    ALTER TABLE articles ADD COLUMN is_personal INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX personal_articles ON articles (number) WHERE is_personal = 1;
    CREATE TABLE published (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        last INTEGER NOT NULL
    );
    CREATE INDEX published_by_article ON published (article);
    """,
    # A rebuild that is under way, and the hosts that take part: which articles each of them embeds
    # now, and whether it can search the new generation already.
    """
    CREATE TABLE rebuilds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        generation INTEGER NOT NULL,
        model TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        passage_prompt TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE rebuilding_hosts (
        host TEXT PRIMARY KEY,
        first INTEGER,
        last INTEGER,
        is_ready INTEGER NOT NULL DEFAULT 0,
        until REAL NOT NULL  -- seconds since 1970, by the clock of the database
    ) WITHOUT ROWID;
    """,
    # Counts each change of what ``sources`` returns: most articles are from a known one.
    """
    CREATE TABLE sources_revision (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        number INTEGER NOT NULL
    );
    INSERT INTO sources_revision VALUES (1, 0);
    CREATE TRIGGER source_added AFTER INSERT ON articles BEGIN
        UPDATE sources_revision SET number = number + 1
            WHERE new.source IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM articles WHERE source = new.source AND number != new.number
            );
    END;
    CREATE TRIGGER source_changed AFTER UPDATE OF source ON articles BEGIN
        UPDATE sources_revision SET number = number + 1
            WHERE coalesce(old.source, '') != coalesce(new.source, '');
    END;
    CREATE TRIGGER source_removed AFTER DELETE ON articles BEGIN
        UPDATE sources_revision SET number = number + 1
            WHERE old.source IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM articles WHERE source = old.source);
    END;
    """,
    """
    ALTER TABLE tokens ADD COLUMN is_turned INTEGER NOT NULL DEFAULT 0;
    """,
    # Tokens are stored in two bits a number, so existing passages have none until the next rebuild.
    """
    DELETE FROM tokens;
    ALTER TABLE tokens DROP COLUMN is_turned;
    ALTER TABLE tokens RENAME COLUMN signs TO codes;
    """,
)
