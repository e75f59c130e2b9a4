"""From Parquet files to the arrays that training reads."""
