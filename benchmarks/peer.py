"""The peer: the same form as one writes it by hand, from the guide and ipywidgets.

Nothing in it is slow on purpose: plain controls, `observe` for the preview, and the
guide's own `requests` calls in the buttons' callbacks.
"""

from __future__ import annotations

import os
from urllib.parse import quote

import ipywidgets as w
import requests


def server_form(name: str = "", host: str = "", port: int = 5432) -> w.VBox:
    """Return the form; display it as the last line of a cell."""
    url_of_api = os.environ.get("LAMIN_API_URL", "https://api.lamin.ai")
    style = {"description_width": "120px"}
    wide = w.Layout(width="500px")

    def text(description: str, value: str = "", placeholder: str = "") -> w.Text:
        return w.Text(
            value=value,
            description=description,
            placeholder=placeholder,
            style=style,
            layout=wide,
        )

    server_name = text("Server name", name)
    region = w.Combobox(
        value="prod-us-east-1",
        options=["prod-us-east-1", "prod-us-west-2", "prod-eu-central-1"],
        description="Region",
        style=style,
        layout=wide,
    )
    host_field = text("Host", host, "db.example.org")
    port_field = w.IntText(value=port, description="Port", style=style, layout=wide)
    password = w.Password(description="Password", style=style, layout=wide)
    api_url = text("API URL", url_of_api)
    organization = text("Organization ID")
    advanced = w.Accordion(children=[w.VBox([api_url, organization])])
    advanced.set_title(0, "Advanced")
    preview = w.HTML()
    register = w.Button(description="Register", button_style="primary")
    test = w.Button(description="Test connection")
    result = w.HTML()
    output = w.Output()

    def show_url(_: object = None) -> None:
        preview.value = (
            f"<code>postgresql://postgres:***@{host_field.value or '&lt;your-host&gt;'}"
            f":{port_field.value}/postgres</code>"
        )

    def headers() -> dict[str, str]:
        from lamindb_setup import settings  # noqa: PLC0415  # slow; ours waits, too

        return {"Authorization": f"Bearer {settings.user.access_token}"}

    def show(reply: requests.Response) -> None:
        mark = "✓" if reply.ok else "✗"
        result.value = f"<b>{mark} {reply.status_code}</b>"
        output.clear_output()
        with output:
            print(reply.json())

    def on_register(_: w.Button) -> None:
        secret = quote(password.value, safe="")
        address = f"{host_field.value}:{port_field.value}"
        body = {
            "name": server_name.value,
            "url": f"postgresql://postgres:{secret}@{address}/postgres",
            "api_server_name": region.value,
        }
        if organization.value:
            body["organization_id"] = organization.value
        show(
            requests.post(
                f"{api_url.value}/db/server/register",
                json=body,
                headers=headers(),
                timeout=30,
            )
        )

    def on_test(_: w.Button) -> None:
        show(
            requests.post(
                f"{api_url.value}/db/server/checks-access",
                params={"name": server_name.value},
                headers=headers(),
                timeout=30,
            )
        )

    host_field.observe(show_url, "value")
    port_field.observe(show_url, "value")
    register.on_click(on_register)
    test.on_click(on_test)
    show_url()
    return w.VBox(
        [
            w.HTML("<h3>Lamin database server</h3>"),
            server_name,
            region,
            host_field,
            port_field,
            password,
            advanced,
            preview,
            w.HBox([register, test]),
            result,
            output,
        ]
    )
