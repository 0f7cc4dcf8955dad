"""The storage of original files, from the variables that name it."""

from typing import Any


def originals_storage(
    *, folder: str, bucket: str, endpoint: str = "", region: str = "", key_id: str = "", secret: str = ""
) -> dict[str, Any]:
    """Return an entry of Django's `STORAGES`: a folder, or S3 if a bucket is named.

    Nothing in it is public and nothing is overwritten. Without a key the machine's own role counts, as boto3 finds it.
    """
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": folder,
                "base_url": None,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    given = {"endpoint_url": endpoint, "region_name": region, "access_key": key_id, "secret_key": secret}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "default_acl": "private",
            "file_overwrite": False,
            # What is read is on the disk beyond this, an archive may be large.
            "max_memory_size": 8 * 1024 * 1024,
            **{name: value for name, value in given.items() if value},
        },
    }
