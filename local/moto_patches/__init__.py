"""Changes to moto 5.2.5. A canary in tests/local/test_moto_canaries.py fails if moto itself changes there."""
