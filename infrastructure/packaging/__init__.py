"""The packages of the functions, of the training job, and of the Spark programs."""
