"""The order of the stages: plan, record, draw, write."""
