"""The crowd's door over HTTP: let people move in, take their contact list, see what they did.

`POST /people` {as_of, currency, shop: {base_url, write_key}, customers: [{buyer_id, orders_n, mean_minor, first_at, last_at}],
products: [{sku, name, price_minor}]}; `GET /people/contacts.csv` the shop's contact list in GB18030; `GET /people` what they did and
mean to do.
"""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from siyu.sandbox import population
from siyu.sandbox.crowd import Crowd, Shop
from siyu.sandbox.population import Product


def routes(crowd: Crowd) -> list[Route]:
    """The routes of the crowd."""

    async def people(request: Request) -> JSONResponse:
        if request.method == "GET":
            return JSONResponse(crowd.standing())
        try:
            given = await request.json()
            now = datetime.fromisoformat(given["as_of"])
            customers = [
                population.customer_of(
                    crowd.seed, str(one["buyer_id"]), int(one["orders_n"]), int(one["mean_minor"]),
                    datetime.fromisoformat(one["first_at"]), datetime.fromisoformat(one["last_at"]), now, given["currency"],
                )
                for one in given["customers"]
            ]  # fmt: skip
            products = [Product(str(one["sku"]), str(one["name"]), int(one["price_minor"])) for one in given["products"]]
            shop = Shop(given["shop"]["base_url"].rstrip("/"), given["shop"]["write_key"], products)
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            return JSONResponse({"error": f"{type(err).__name__}: see docs/sandbox.md for what POST /people takes."}, 422)
        crowd.move_in(customers, shop)
        return JSONResponse({"customers": len(customers), "true_lift": population.true_lift()})

    async def contacts(_: Request) -> Response:
        body = population.contacts_file(crowd.customers.values(), crowd.now())
        return Response(
            body, media_type="text/csv; charset=gb18030", headers={"Content-Disposition": 'attachment; filename="contacts.csv"'}
        )

    return [Route("/people", people, methods=["GET", "POST"]), Route("/people/contacts.csv", contacts)]
