"""How good contacts were."""
