"""Public previews of Telegram channels as t.me serves them, with posts of our own."""

from html import escape

PAGE = """<!DOCTYPE html>
<html class=""><head><meta charset="utf-8"><title>{title} – Telegram</title>
<meta property="og:title" content="{title}"></head>
<body class="widget_frame_base tgme_webpreview emoji_image thin_scrollbar">
<header class="tgme_header"><div class="tgme_container"><div class="tgme_header_info">
<a class="tgme_header_link" href="/{name}"><div class="tgme_header_title_wrap">
<div class="tgme_header_title"><span dir="auto">{title}</span></div></div>
<div class="tgme_header_counter">1.2K subscribers</div></a></div></div></header>
<main class="tgme_main" data-url="/{name}"><div class="tgme_container">
<section class="tgme_channel_history js-message_history">{posts}</section></div>
<section class="tgme_right_column"><div class="tgme_channel_info">
<div class="tgme_channel_info_header">
<i class="tgme_page_photo_image bgcolor1"></i>
<div class="tgme_channel_info_header_title_wrap">
<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div></div>
<div class="tgme_channel_info_header_username"><a href="https://t.me/{name}">@{name}</a></div>
</div>
<div class="tgme_channel_info_description">All about the lake.</div></div></section></main>
</body></html>"""
POST = """
<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap {kind} js-widget_message"
  data-post="{name}/{number}" data-view="eyJjIjotMTAwfQ">
<div class="tgme_widget_message_user"><a href="https://t.me/{name}"><i></i></a></div>
<div class="tgme_widget_message_bubble">
<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name"
  href="https://t.me/{name}"><span dir="auto">{title}</span></a></div>
{inside}
<div class="tgme_widget_message_reactions js-message_reactions"><span class="tgme_reaction">
<i class="emoji"><b>👍</b></i>17</span></div>
<div class="tgme_widget_message_footer compact js-message_footer">
<div class="tgme_widget_message_info short js-message_info"><span
  class="tgme_widget_message_views">{views}</span><span class="copyonly"> views</span><span
  class="tgme_widget_message_meta"><a class="tgme_widget_message_date"
  href="https://t.me/{name}/{number}"><time datetime="2024-05-01T{hour:02}:00:00+00:00"
  class="time">{hour:02}:00</time></a></span></div></div>
</div></div>
<div class="tgme_widget_message_inline_keyboard"><a class="tgme_widget_message_inline_button"
  href="https://t.me/{name}?start"><span dir="auto">Buy a ticket</span></a></div></div>"""
NO_PREVIEW = """<!DOCTYPE html>
<html><head><title>Telegram: Contact @someone</title></head><body class="no_transition">
<div class="tgme_page_wrap"><div class="tgme_body_wrap"><div class="tgme_page">
<div class="tgme_page_title" dir="auto"><span dir="auto">Someone</span></div>
<div class="tgme_page_extra">@someone</div>
<div class="tgme_page_action"><a class="tgme_action_button_new" href="tg://resolve?domain=someone">
Send Message</a></div></div></div></div></body></html>"""
"""What t.me shows of a person, a group, or a channel without a preview."""


def said(markup):
    """The text of a post."""
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{markup}</div>'


def linked(address):
    """The preview of a page that a post links to."""
    return (
        f'<a class="tgme_widget_message_link_preview" href="{address}">'
        '<div class="link_preview_site_name accent_color" dir="auto">The Paper</div>'
        '<div class="link_preview_title" dir="auto">A title of the paper</div>'
        '<div class="link_preview_description" dir="auto">What the page is about.</div></a>'
    )


def post(number, text="", inside="", *, name="lakenews", title="Lake News", kind="", views=204):
    """A post with a plain text, or with the markup of what is inside; a number is its hour, too."""
    inside = inside or said(escape(text).replace("\n", "<br/>"))
    return POST.format(
        name=name,
        number=number,
        title=escape(title),
        inside=inside,
        kind=kind,
        views=views,
        hour=number % 24,
    )


def preview(*posts, name="lakenews", title="Lake News"):
    """The page of a channel with these posts, the oldest first."""
    return PAGE.format(name=name, title=escape(title), posts="".join(posts)).encode()
