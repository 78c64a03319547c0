"""Keyset paging: opaque tokens that name the last row of a page."""

from libs.paging.tokens import DEFAULT_PAGE_SIZE, Page, page_of, page_token, position_of

__all__ = ["DEFAULT_PAGE_SIZE", "Page", "page_of", "page_token", "position_of"]
