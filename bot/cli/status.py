"""``pullquote status``: what is stored, and how the feeds are."""

import json
from dataclasses import asdict

import click

from bot.cli.common import as_json, feeds_of, open_library, read_settings


@click.command()
@as_json
def status(as_json: bool) -> None:
    """Print counts of articles, subscriptions and waiting alerts, the model, and the feeds."""
    from bot.alerts.store import AlertStore
    from bot.cli.output import feed_json, print_status

    settings = read_settings()
    with open_library(settings) as library:
        followed = feeds_of(library, settings).store.all()
        alerts = AlertStore(library)
        subscriptions, outbox = alerts.counts()
        paused, refused = alerts.undelivered()
        figures = asdict(library.status()) | {"subscriptions": subscriptions, "outbox": outbox}
        figures |= {"paused": paused, "refused": refused}
    if as_json:
        figures["feeds"] = [feed_json(feed) for feed in followed]
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_status(figures, followed)
