"""The floor: the same final rows by hand-written SQL, without journal, checks, counts or report.

Both lists take `:now`; both find the registry in the temporary table `names (key, canonical, identity)`.
The conditions are the design's, section 3, for data without collisions and with ASCII names.
"""

from __future__ import annotations

__all__ = ["POSTGRESQL", "SQLITE"]

_SLOTS = """
CREATE TEMP TABLE slot_row AS
WITH one AS (
    SELECT s.id, coalesce(h.canonical, s.project_id) AS owner, s.category, s.key, s.value,
        CASE WHEN s.status = 'active' THEN 1 ELSE 0 END AS active,
        CASE WHEN h.shadow IS NULL THEN 0 ELSE 1 END AS shadow, {moment} AS moment
    FROM project_state AS s LEFT JOIN home AS h ON h.shadow = s.project_id
    WHERE s.project_id IN (SELECT shadow FROM home UNION SELECT canonical FROM home)
), ranked AS (
    SELECT id, owner, value, shadow, active, max(shadow) OVER slot AS touched,
        row_number() OVER ranking AS place, first_value(value) OVER ranking AS won,
        first_value(shadow) OVER ranking AS won_by_shadow,
        first_value(id) OVER ranking AS winner,
        max(CASE WHEN shadow = 0 THEN value END) OVER slot AS own_value
    FROM one
    WINDOW slot AS (PARTITION BY owner, category, key),
        ranking AS (PARTITION BY owner, category, key ORDER BY active DESC, shadow, moment DESC {last}, id)
)
SELECT id, owner, CASE
    WHEN shadow = 0 THEN CASE WHEN won_by_shadow = 0 THEN 'keep' WHEN value = won THEN 'revive' ELSE 'delete' END
    WHEN place = 1 AND (own_value IS NULL OR own_value <> won) THEN 'rekey'
    ELSE 'delete' END AS fate
FROM ranked WHERE touched = 1
"""

_STATE = [
    "DELETE FROM project_state WHERE id IN (SELECT id FROM slot_row WHERE fate = 'delete')",
    "UPDATE project_state SET status = 'active', updated_at = :now WHERE id IN"
    " (SELECT id FROM slot_row WHERE fate = 'revive')",
    "UPDATE project_state SET project_id = r.owner, updated_at = :now FROM slot_row AS r"
    " WHERE r.id = project_state.id AND r.fate = 'rekey'",
]

_PROJECTS = [
    """CREATE TEMP TABLE known AS
    SELECT p.id, p.name, n.canonical, n.identity, CASE WHEN n.key = lower(n.canonical) THEN 0 ELSE 1 END AS shadow
    FROM projects AS p JOIN names AS n ON n.key = lower(trim(p.name))""",
    "UPDATE projects SET name = known.canonical, updated_at = :now FROM known"
    " WHERE known.id = projects.id AND known.shadow = 0 AND known.name <> known.canonical",
    "INSERT INTO projects (id, name, description, created_at, updated_at)"
    " SELECT min(identity), canonical, 'created by legacy alias migration', :now, :now"
    " FROM known GROUP BY canonical HAVING min(shadow) = 1",
    "CREATE TEMP TABLE home AS SELECT known.id AS shadow, p.id AS canonical"
    " FROM known JOIN projects AS p ON p.name = known.canonical WHERE known.shadow = 1",
]

_SHADOWS = "DELETE FROM projects WHERE id IN (SELECT shadow FROM home)"

_MEMORIES = [
    # The legacy rows, found through the index on project.
    """CREATE TEMP TABLE old AS
    SELECT m.{row} AS place, m.id, t.canonical, m.memory_type, m.content, m.status, {moment} AS moment
    FROM memory_tag AS t {join} memories AS m ON m.project = t.spelling""",
    "CREATE INDEX temp_old ON old (content)",
    "ANALYZE old",
    # Canonical rows that say the same as a legacy one.
    """CREATE TEMP TABLE candidate AS
    SELECT m.{row} AS place, m.id, m.project AS canonical, m.memory_type, m.content, m.status,
        {moment} AS moment, 0 AS old
    FROM memories AS m WHERE EXISTS (
        SELECT 1 FROM old WHERE old.content = m.content AND old.canonical = m.project
        AND old.memory_type = m.memory_type AND old.status = m.status)""",
    # One list: PostgreSQL would go through two, joined by OR, once per row where they outgrow its memory.
    "INSERT INTO candidate SELECT place, id, canonical, memory_type, content, status, moment, 1 FROM old"
    " WHERE content IN (SELECT content FROM candidate"
    " UNION ALL SELECT content FROM old GROUP BY content HAVING count(*) > 1)",
    """CREATE TEMP TABLE loser AS SELECT place, id, old FROM (
        SELECT place, id, old, row_number() OVER ranking AS rank, first_value(old) OVER ranking AS won_by_old
        FROM candidate WINDOW ranking AS (
            PARTITION BY canonical, memory_type, content, status ORDER BY moment DESC {last}, old, id)
    ) AS ranked WHERE rank > 1 AND (old = 1 OR won_by_old = 1)""",
]


def _tag(table: str, name: str) -> str:
    return (
        f"CREATE TEMP TABLE {name} AS SELECT d.project AS spelling, n.canonical"
        f" FROM (SELECT DISTINCT project FROM {table}) AS d JOIN names AS n ON n.key = lower(trim(d.project))"
        " WHERE d.project <> n.canonical"
    )


SQLITE = [
    *_PROJECTS,
    _SLOTS.format(moment="julianday(s.updated_at)", last=""),
    *_STATE,
    _SHADOWS,
    _tag("memories", "memory_tag"),
    *(
        statement.format(row="rowid", moment="julianday(m.updated_at)", join="CROSS JOIN", last="")
        for statement in _MEMORIES
        if not statement.startswith("ANALYZE")
    ),
    "UPDATE memories SET status = 'superseded', updated_at = :now WHERE rowid IN (SELECT place FROM loser)",
    "UPDATE memories SET project = old.canonical, updated_at = :now FROM old WHERE memories.rowid = old.place",
    _tag("interactions", "interaction_tag"),
    "CREATE TEMP TABLE said AS SELECT i.rowid AS place, t.canonical"
    " FROM interaction_tag AS t CROSS JOIN interactions AS i ON i.project = t.spelling",
    "UPDATE interactions SET project = said.canonical FROM said WHERE interactions.rowid = said.place",
]

POSTGRESQL = [
    *_PROJECTS,
    "ANALYZE home",
    _SLOTS.format(moment="s.updated_at", last="NULLS LAST"),
    "ANALYZE slot_row (id, fate)",
    *_STATE,
    _SHADOWS,
    _tag("memories", "memory_tag"),
    "ANALYZE memory_tag",
    *(
        statement.format(row="ctid", moment="m.updated_at", join="JOIN", last="NULLS LAST")
        for statement in _MEMORIES
        if not statement.startswith("CREATE INDEX")
    ),
    "CREATE INDEX ON loser (id)",
    "ANALYZE loser",
    # One new version of each row.
    "UPDATE memories SET project = old.canonical, updated_at = :now,"
    " status = CASE WHEN loser.id IS NULL THEN memories.status ELSE 'superseded' END"
    " FROM old LEFT JOIN loser ON loser.id = old.id WHERE memories.id = old.id",
    "UPDATE memories SET status = 'superseded', updated_at = :now FROM loser"
    " WHERE loser.id = memories.id AND loser.old = 0",
    _tag("interactions", "interaction_tag"),
    "ANALYZE interaction_tag",
    "UPDATE interactions SET project = t.canonical FROM interaction_tag AS t WHERE interactions.project = t.spelling",
]
