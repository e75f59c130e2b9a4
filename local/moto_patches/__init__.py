"""Changes to moto 5.2.5. `tests/local/moto_patches/test_canaries.py` fails if moto itself changes there."""
