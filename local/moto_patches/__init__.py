"""What moto 5.2.5 is changed in, each with a canary in tests/local/test_moto_canaries.py that says when it
moves.
"""
