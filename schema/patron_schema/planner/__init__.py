"""From a GraphQL selection to one SQL statement and its JSON.

`catalog` says where values come from, `selection` what is asked, `planner` joins both into a `plan` (a dialect-free tree), `sql`
writes it for a database, `execution` runs it, `response` finishes the bytes, of which `own_page` makes a connection and `tally` says
what they took. `explain` says in text what a plan does. Groups are planned by `aggregates` and held by `groups`; `calendar` knows
the buckets of time zones.
Which plans are kept is the business of `patron_schema.operations`.
"""
