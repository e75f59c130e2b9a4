"""The importing function: CSV or Parquet files in a caller's bucket → typed Parquet parts in the lake."""
