from litestar.datastructures import Cookie

from app.web.http import Request
from app.web.sessions import COOKIE, LIFE


def session_cookie(request: Request, token: str) -> Cookie:
    """An empty token takes the cookie away."""
    secure = request.app.state.settings.secure_cookies
    max_age = LIFE if token else 0
    return Cookie(key=COOKIE, value=token, max_age=max_age, path="/", httponly=True, samesite="lax", secure=secure)
