"""The OpenSearch API: searches the items of a dataset group and personalizes the order of hits.

`handler` wires the stores. `definitions` and `deployments` read and write records. The API itself is in
`tastemaker/search`.
"""
