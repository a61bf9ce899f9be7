"""Stills or drafts of a film's shots, looked at by people before the film is rendered (docs/review.md).

`rounds`, `looks` and `picked` are pure: what was decided, what is to be looked at, and which take of it. `history`
keeps decisions in the store, `prepare` knows how a review stands, `make` renders what is to be looked at, `page` shows
it. `wanted` and `form` read what people decide, from flags and files and from a form.
"""
