"""SageMaker training jobs as subprocesses that see the layout of a training container."""
