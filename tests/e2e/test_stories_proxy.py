"""The page behind the README's nginx, under a path of its own."""

from pathlib import Path

import pytest
from nginx import nginx
from playwright.sync_api import expect

SAVED = Path(__file__).resolve().parent.parent / "made_before" / "network.npz"
POLICY = ["default-src 'none'; script-src 'self' ", "connect-src 'self'; ", "frame-ancestors 'self'; "]


@pytest.fixture
def address(tmp_path, start_page):
    """The address of the proxy before a page."""
    with start_page(tmp_path, path="/digits") as (direct, _):
        with nginx(tmp_path, int(direct.split(":")[2].split("/")[0])) as address:
            yield address


def test_a_visitor_behind_a_proxy_trains_draws_opens_a_file_and_starts_a_class(visit, address):
    visitor = visit("?epochs=1&images_bundled=500&yours=Save+or+export", address=address)
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    expect(visitor.page.locator("[data-testid=stVegaLiteChart] svg.marks").first).to_be_visible()
    visitor.draw((140, 40), (140, 240))
    expect(visitor.answer).to_be_visible()
    visitor.page.locator("[class*=st-key-open_network_] input[type=file]").set_input_files(SAVED)
    expect(visitor.progress).to_contain_text("Already trained; not trained further yet.")
    visitor.unfold("class_part")
    visitor.button("start_class").click()
    code = visitor.page.locator(".nn-code-large").inner_text()
    link = visitor.page.locator(".nn-join p", has_text=f"class={code}").inner_text()
    assert link == f"{address}?class={code}"
    answer = visitor.page.goto(link)
    expect(visitor.page.locator(".nn-class")).to_contain_text(f"in class {code}")
    assert all(part in answer.headers["content-security-policy"] for part in POLICY)
    script = visitor.page.locator("script[type=module]").first.get_attribute("src")
    fetched = visitor.page.request.get(f"{address}/{script}", headers={"Accept-Encoding": "gzip"})
    assert fetched.ok and fetched.headers["content-encoding"] == "gzip"
    assert visitor.errors == []  # such as what the policy forbids
