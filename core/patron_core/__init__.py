"""The domain of Patron: what is stored, what may be done with it, and what can have happened.

In come commands with an actor, out go rows and events. How a client asks (GraphQL, HTTP) is left to `patron_schema`;
this package imports no strawberry, graphql, starlette or uvicorn.
"""
