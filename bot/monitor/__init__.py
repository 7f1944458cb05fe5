"""For watching the bot from outside: Prometheus, health checks of containers, systemd."""
