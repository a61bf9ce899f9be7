"""Telling people what has become of a film: by webhook and by mail, never at the film's cost.

message.py    what is said, in the forms that receivers read     films.py    of a film, of a batch
secret.py     addresses that nobody else may read                hooks.py    the settings, checked
webhook.py    over HTTP        mail.py    over SMTP               telling.py  who watches a film, and tells
"""
