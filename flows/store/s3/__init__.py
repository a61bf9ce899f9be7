"""The store in a bucket of an S3-compatible server: the only place that knows `minio`.

backend.py    what a store asks of a bucket           patience.py     what is tried again, and for how long
transfer.py   blobs up and down, in parts             cache.py        blobs that are kept on this machine
client.py     one request each                        credentials.py  whose requests they are
answers.py    what went wrong with one                faults.py       the same, in our words
                                                      room.py         what of them has to go
"""
