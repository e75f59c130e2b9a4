"""The deletion function: the work of data deletion jobs, which delete the rows of users.

`handler.py` has the steps. `users.py` reads whose rows are deleted. `planning.py` lists the tasks.
`lake_files.py` rewrites one file of the lake without these rows. `tables.py` deletes from the tables. Every
step can be repeated.
"""
