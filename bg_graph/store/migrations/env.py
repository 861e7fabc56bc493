"""Alembic's entry: runs the migrations on the connection that `bg_graph.store.schema` hands over."""

from alembic import context

from bg_graph.store.rows import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
