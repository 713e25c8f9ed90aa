"""A look into what applications uploaded."""

from urllib.parse import quote

from aiohttp import web

from sandbox.world import World


class Media:
    """Serves `GET /sandbox/media/{mediaId}` to aiohttp."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def serve(self, request: web.Request) -> web.Response:
        """The bytes as they were uploaded, under their name; 400 `{error}` when there are none (any more).

        A browser saves them, whatever they are: they are an application's, and may be a page.
        """
        media_id = request.match_info["mediaId"]
        content = self.world.contents.get(media_id)
        if content is None:
            return web.json_response({"error": f"nothing is kept of {media_id}"}, status=400)
        name = quote(self.world.media.get(media_id, ""), safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=content, content_type="application/octet-stream", headers=headers)
