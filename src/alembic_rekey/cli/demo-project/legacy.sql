-- A database as earlier versions of an application left it: a row for every branch of the decision tables.

CREATE TABLE projects (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT DEFAULT '',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE project_state (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    category TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, source TEXT DEFAULT '',
    confidence REAL DEFAULT 1.0, status TEXT NOT NULL DEFAULT 'active',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (project_id, category, key));
CREATE TABLE memories (
    id TEXT PRIMARY KEY, memory_type TEXT NOT NULL, content TEXT NOT NULL, project TEXT DEFAULT '',
    confidence REAL DEFAULT 1.0, status TEXT NOT NULL DEFAULT 'active',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE interactions (
    id TEXT PRIMARY KEY, prompt TEXT NOT NULL, response TEXT DEFAULT '', client TEXT DEFAULT '',
    session_id TEXT DEFAULT '', project TEXT DEFAULT '', created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
INSERT INTO projects (id, name) VALUES
    ('prj-5', 'p05-interferometer'),  -- spelt as registered: stays
    ('prj-5a', 'p05'),  -- a shadow
    ('prj-5b', 'Interferometer '),  -- another one, with a capital and a blank
    ('prj-4a', 'gigabit'),  -- a shadow without a canonical row: that is created
    ('prj-6', 'P06-Polisher'),  -- a misspelt canonical: renamed in place
    ('prj-x', 'unregistered');  -- nobody's alias: left alone
INSERT INTO project_state (id, project_id, category, key, value, status, updated_at) VALUES
    ('st-01', 'prj-5', 'status', 'phase', 'assembly', 'active', '2026-01-05 08:00:00'),
    ('st-02', 'prj-5a', 'status', 'phase', 'assembly', 'active', '2026-02-05T08:00:00+00:00'),  -- the same: merged
    ('st-03', 'prj-5a', 'status', 'owner', 'mira', 'active', '2026-01-05 08:00:00'),  -- a free slot: rekeyed
    ('st-04', 'prj-5a', 'status', 'budget', '80k', 'superseded', '2026-01-05 08:00:00'),  -- a free slot, not live: rekeyed
    ('st-05', 'prj-5', 'decision', 'laser', '532 nm', 'active', '2026-01-05 08:00:00'),
    ('st-06', 'prj-5a', 'decision', 'laser', '1064 nm', 'superseded', '2026-02-05T08:00:00+00:00'),  -- historical drop
    ('st-07', 'prj-5', 'decision', 'mount', 'steel', 'superseded', '2026-02-05T08:00:00+00:00'),  -- replaced by st-08
    ('st-08', 'prj-5a', 'decision', 'mount', 'invar', 'active', '2026-01-05 08:00:00'),
    ('st-09', 'prj-5', 'contact', 'vendor', 'Optik GmbH', 'superseded', '2026-01-05 08:00:00'),  -- revived: st-10 says the same
    ('st-10', 'prj-5b', 'contact', 'vendor', 'Optik GmbH', 'active', '2026-02-05T08:00:00+00:00'),  -- merged
    ('st-11', 'prj-5a', 'risk', 'dust', 'low', 'superseded', '2026-01-05 08:00:00'),  -- two shadows, one slot: dropped
    ('st-12', 'prj-5b', 'risk', 'dust', 'high', 'superseded', '2026-02-05T08:00:00+00:00'),  -- the newer one: rekeyed
    ('st-13', 'prj-4a', 'status', 'phase', 'planning', 'active', '2026-01-05 08:00:00'),  -- goes to the created row
    ('st-14', 'prj-6', 'status', 'phase', 'done', 'active', '2026-01-05 08:00:00'),  -- stays with its renamed row
    ('st-15', 'prj-x', 'status', 'phase', 'unknown', 'active', '2026-01-05 08:00:00');
INSERT INTO memories (id, memory_type, content, project, updated_at) VALUES
    ('mem-1', 'fact', 'The fringe contrast is 0.93.', 'p05', '2026-01-05 08:00:00'),  -- no duplicate: rekeyed
    ('mem-2', 'fact', 'The table floats.', 'p05-interferometer', '2026-02-05T08:00:00+00:00'),
    ('mem-3', 'fact', 'The table floats.', 'P05', '2026-01-05 08:00:00'),  -- older than a canonical one: superseded
    ('mem-4', 'fact', 'Pump before purge.', 'p05-interferometer', '2026-01-05 08:00:00'),  -- superseded by mem-5
    ('mem-5', 'fact', 'Pump before purge.', 'interferometer', '2026-02-05T08:00:00+00:00'),  -- newer: rekeyed
    ('mem-6', 'preference', 'Report in SI units.', 'unregistered', '2026-01-05 08:00:00');
INSERT INTO interactions (id, prompt, project) VALUES
    ('int-1', 'What is the next step?', 'p04'),
    ('int-2', 'Who owns the mount?', 'p05-interferometer'),
    ('int-3', 'Is the pump on?', ' p05 ');
