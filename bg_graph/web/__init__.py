"""Routes: GraphQL, the GraphiQL page, health, metrics."""
