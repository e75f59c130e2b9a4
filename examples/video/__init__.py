"""Apps of the CDK that declare recommendations."""
