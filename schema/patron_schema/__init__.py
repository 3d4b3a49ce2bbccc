"""Everything between HTTP and the core: the schema and its plugins, the planner, the endpoint and the command line.

In come requests, out go bytes of JSON. What the data means and who may change it is left to `patron_core`.
"""
