"""A new password ends the sessions and the API key that came before it; Argilla 2.8 keeps both alive."""

import hashlib
from typing import Any

from argilla_server.contexts import accounts
from argilla_server.errors import UnauthorizedError
from argilla_server.models.database import generate_user_api_key
from argilla_server.security.authentication.db import BearerTokenAuthenticationBackend
from argilla_server.security.authentication.jwt import JWT
from argilla_server.security.authentication.userinfo import UserInfo

MARK = "password"


def mark(user: Any) -> str:
    """What a session carries of the password it was opened with; it tells nothing of the password."""
    return hashlib.sha256(b"session " + user.password_hash.encode()).hexdigest()[:32]


def bind_to_passwords() -> None:
    """Let sessions hold for the password they were opened with, and let a new password bring a new API key."""
    update = accounts.update_user
    authenticate = BearerTokenAuthenticationBackend.authenticate

    def token(user: Any) -> str:
        return JWT.create(UserInfo(identity=str(user.id), name=user.first_name, username=user.username, role=user.role,
                                   **{MARK: mark(user)}))

    async def update_user(db: Any, user: Any, user_attrs: dict[str, Any]) -> Any:
        if "password" in user_attrs:
            user_attrs = {**user_attrs, "api_key": generate_user_api_key()}
        return await update(db, user, user_attrs)

    async def authenticate_session(self: Any, request: Any) -> Any:
        opened = await authenticate(self, request)
        if opened is None:
            return None
        credentials = await self.scheme(request)
        user = await accounts.get_user_by_username(request.state.db, opened[1].username)
        if user is None or JWT.decode(credentials.credentials).get(MARK) != mark(user):
            raise UnauthorizedError("Invalid token")
        return opened

    accounts.generate_user_token = token
    accounts.update_user = update_user
    BearerTokenAuthenticationBackend.authenticate = authenticate_session
