"""What a stage costs each month: from its template, from measured units, and from a table of prices."""
