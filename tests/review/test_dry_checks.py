"""What a dry run looks at before it asks a database."""

from sqlalchemy import column, select, table, union_all

from alembic_rekey.review.dry_checks import tables_read


def test_each_table_is_told_once_however_often_a_relation_is_made_of_itself():
    things, doubled = table("things", column("id")), table("others", column("id"))
    relation = select(things.c.id)
    for depth in range(12):
        again = relation.subquery(f"again_{depth}")
        relation = union_all(select(again.c.id), select(again.c.id).where(again.c.id.in_(select(doubled.c.id))))
    assert ["others", "things"] == sorted(one.name for one in tables_read(relation))
