"""``pullquote try`` as a newcomer sees it: a chat page in a browser, backed by the real bot."""

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.chromium import NEEDED, OPTIONS
from tests.said import said

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
SECONDS = 1000

pytestmark = NEEDED


@pytest.fixture
def page(playground_url, tmp_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            **OPTIONS,
            viewport={"width": 720, "height": 860},
            device_scale_factor=2,
        )
        page = browser.pages[0]
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.goto(playground_url)
        yield page
        assert errors == []
        browser.close()


def say(page, text):
    page.fill("#text", text)
    page.press("#text", "Enter")


def test_newcomer_asks_sees_the_quote_presses_a_button_and_sees_the_result(page):
    incoming = page.locator(".message.in")
    page.click("#start")
    expect(incoming.last).to_contain_text(said("help.intro").splitlines()[0], timeout=20 * SECONDS)

    page.click(".example >> nth=0")
    answer = incoming.last
    expect(answer.locator("blockquote").first).to_be_visible(timeout=20 * SECONDS)
    expect(answer).to_contain_text("The Vault That Keeps the World's Seeds")
    expect(answer.locator("blockquote b, blockquote strong").first).to_have_text(
        "The vault can hold 4.5 million seed samples of about 500 seeds each, "
        "which makes well over two billion seeds."
    )

    say(page, "Who won the football world cup?")
    refusal = said("answer.nothing_near")
    expect(incoming.last).to_contain_text(refusal, timeout=20 * SECONDS)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "playground.png")

    page.fill("#text", "@pullquote_bot How long is the Channel Tunnel?")
    result = page.locator("#results .result").first
    expect(result).to_contain_text("How the Channel Tunnel Was Dug", timeout=20 * SECONDS)
    page.screenshot(path=ARTIFACTS / "inline.png")
    page.press("#text", "Enter")
    posted = page.locator(".message.out").last
    expect(posted.locator(".via")).to_have_text("via @pullquote_bot")
    expect(posted.locator("blockquote")).to_contain_text("The Channel Tunnel is 50 kilometres long")
    expect(page.locator("#results")).to_be_hidden()

    say(page, "/subscribe volcanoes")
    expect(incoming.last).to_contain_text(said("interest.articles_about", topic="“volcanoes”"))
    say(page, "/subscriptions")
    listed = incoming.last
    button = listed.locator(".key").first
    expect(button).to_have_text("✕ volcanoes")
    button.click()
    expect(page.locator("#toast")).to_have_text(said("subscriptions.removed"))
    expect(listed).to_contain_text(said("subscriptions.none"))
    expect(listed.locator(".edited")).to_be_visible()
    expect(listed.locator(".key")).to_have_count(0)


def test_hostile_markup_stays_text_and_a_list_of_feeds_is_uploaded_and_exported(page, tmp_path):
    page.click("#start")
    page.wait_for_selector(".message.in", timeout=20 * SECONDS)
    hostile = "<img src=x onerror=alert(1)> <script>document.title='owned'</script>"
    say(page, hostile)
    expect(page.locator(".message.out").last).to_contain_text(hostile)
    expect(page.locator(".message.in")).to_have_count(2, timeout=20 * SECONDS)
    assert page.locator("#log img, #log script").count() == 0
    assert page.title() == "Pullquote"

    sent = tmp_path / "mine.opml"
    sent.write_text('<opml><body><outline xmlUrl="http://127.0.0.1:9/feed"/></body></opml>')
    page.set_input_files("#file", sent)
    expect(page.locator(".message.out .file")).to_have_text("mine.opml")
    expect(page.locator(".message.in")).to_have_count(3, timeout=20 * SECONDS)
    with page.expect_download() as download:
        page.locator(".message.out .file").click()
    assert download.value.suggested_filename == "mine.opml"
    assert download.value.path().read_bytes() == sent.read_bytes()
