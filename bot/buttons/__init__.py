"""Buttons: what they show (keyboards) and what pressing one does (dispatch)."""
