import mimetypes

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import File

from app.settings import ROOT
from app.web.templates import static_version

FOLDER = ROOT / "static"
FOR_EVER = "public, max-age=31536000, immutable"


@get("/static/{asked:str}/{path:path}", sync_to_thread=False)
def static_file(asked: FromPath[str], path: FromPath[str]) -> File:
    """Any version is answered: while a deploy goes on, a page of the other one must not lose its scripts."""
    file = (FOLDER / path.lstrip("/")).resolve()
    if not file.is_relative_to(FOLDER) or not file.is_file():
        raise NotFoundException
    kept = FOR_EVER if asked == static_version() else "no-cache"
    kind = mimetypes.guess_type(file)[0]
    return File(
        file, filename=file.name, media_type=kind, content_disposition_type="inline", headers={"Cache-Control": kept}
    )
