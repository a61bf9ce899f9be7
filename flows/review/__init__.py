"""Stills or drafts of a film's shots, looked at by people before the film is rendered (docs/review.md).

`rounds` and `looks` are pure: what was decided, and what is to be looked at. `history` keeps decisions in the store,
`prepare` knows how a review stands, `make` renders what is to be looked at, `page` shows it. `wanted` and `form` read
what people decide, from flags and files and from a form.
"""
