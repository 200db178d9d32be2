"""The chart repositories of an emulated AWS: stand-ins for the charts that our modules install.

`names` says where they are, for those who only want to lead Helm there; `packaging` makes archives and an index out of
the folders in `flowops/data/charts`; `repositories` serves them, one of them only to who knows the password.
"""
