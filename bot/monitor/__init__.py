"""What watches the bot from outside: Prometheus, health checks of containers, systemd."""
