"""The vendor's Python clients against oss-devserver: see scripts/vendor-sdk-check."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import oss2
import alibabacloud_oss_v2 as oss

REGION = "cn-hangzhou"
IDENTIFIER, SECRET = "check-id", "check-secret"
AWKWARD_KEYS = ["plain.txt", "a b+c%d/e//f/../g", "quote\"'<&>.txt", "上传/文件.bin", "~tilde!*()@"]
PART = 100 * 1024
# Its HTTP library squashes dot segments after signing, so the newer client cannot send all of them.
SQUASHED_KEYS = [key.replace("/../", "/") for key in AWKWARD_KEYS]
BODY = os.urandom(3 * PART + 4321)


class Checks:
    """Runs named checks one by one and counts them."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, body):
        try:
            body()
        except Exception as error:  # a check may fail in any way; each is reported
            self.failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {error}")
        else:
            self.passed += 1
            print(f"passed {name}")


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def refused(code, body):
    """Runs body, which the server must refuse with this code."""
    try:
        body()
    except oss2.exceptions.ServerError as error:
        return equal(error.code, code, "the code")
    except oss.exceptions.OperationError as error:
        return equal(error.unwrap().code, code, "the code")
    raise AssertionError(f"was not refused with {code}")


class ClientVersion1:
    """Checks with oss2, under one signature version."""

    def __init__(self, endpoint, version, directory):
        self.endpoint, self.version, self.directory = endpoint, version, directory
        self.bucket = self.make(IDENTIFIER, SECRET)
        self.name = f"oss2-{version}"

    def make(self, identifier, secret, bucket="bucket-one"):
        auth = oss2.make_auth(identifier, secret, self.version)
        return oss2.Bucket(auth, self.endpoint, bucket, region=REGION, enable_crc=True)

    def put(self):
        for key in AWKWARD_KEYS:
            headers = {"Content-Type": "text/x-check", "x-oss-meta-host": "one", "Cache-Control": "no-store"}
            result = self.bucket.put_object(key, BODY, headers=headers)
            equal(result.etag, hashlib.md5(BODY).hexdigest().upper(), "the ETag")
            head = self.bucket.head_object(key)
            equal(head.content_length, len(BODY), "the length")
            equal(head.object_type, "Normal", "the type")
            equal(head.headers["x-oss-meta-host"], "one", "the metadata")
            equal(head.headers["Cache-Control"], "no-store", "Cache-Control")
            equal(self.bucket.get_object(key).read(), BODY, "the body")
        equal(self.bucket.get_object("plain.txt", byte_range=(10, 19)).read(), BODY[10:20], "a range")

    def file_put(self):
        path = os.path.join(self.directory, "put-file")
        with open(path, "wb") as file:
            file.write(BODY)
        self.bucket.put_object_from_file("from-file", path)
        equal(self.bucket.get_object("from-file").read(), BODY, "the body")

    def multipart(self):
        key = f"multi part/{self.version}"
        upload = self.bucket.init_multipart_upload(key).upload_id
        parts = []
        for number, start in enumerate(range(0, len(BODY), PART), 1):
            data = BODY[start:start + PART]
            result = self.bucket.upload_part(key, upload, number, data)
            parts.append(oss2.models.PartInfo(number, result.etag, size=len(data), part_crc=result.crc))
        listed = self.bucket.list_parts(key, upload, max_parts=2)
        equal([part.part_number for part in listed.parts], [1, 2], "the first page")
        equal(listed.is_truncated, True, "is_truncated")
        listed = self.bucket.list_parts(key, upload, marker=listed.next_marker)
        equal([part.part_number for part in listed.parts], [3, 4], "the second page")
        uploads = [item.upload_id for item in oss2.MultipartUploadIterator(self.bucket)]
        equal(uploads, [upload], "the open uploads")
        result = self.bucket.complete_multipart_upload(key, upload, parts)
        equal(result.etag.endswith("-4"), True, "the ETag's end")
        equal(self.bucket.head_object(key).object_type, "Multipart", "the type")
        equal(self.bucket.get_object(key).read(), BODY, "the body")

    def complete_all(self):
        upload = self.bucket.init_multipart_upload("all").upload_id
        self.bucket.upload_part("all", upload, 1, BODY[:PART])
        self.bucket.upload_part("all", upload, 7, BODY[PART:])
        self.bucket.complete_multipart_upload("all", upload, None, headers={"x-oss-complete-all": "yes"})
        equal(self.bucket.get_object("all").read(), BODY, "the body")

    def resumable(self):
        path = os.path.join(self.directory, "resumable")
        with open(path, "wb") as file:
            file.write(BODY)
        store = oss2.ResumableStore(root=self.directory)
        oss2.resumable_upload(
            self.bucket, "resumable", path, store=store, multipart_threshold=PART, part_size=PART,
            num_threads=3)
        equal(self.bucket.get_object("resumable").read(), BODY, "the body")

    def abort(self):
        upload = self.bucket.init_multipart_upload("aborted").upload_id
        self.bucket.upload_part("aborted", upload, 1, BODY)
        self.bucket.abort_multipart_upload("aborted", upload)
        refused("NoSuchUpload", lambda: self.bucket.list_parts("aborted", upload))

    def refusals(self):
        refused("SignatureDoesNotMatch", lambda: self.make(IDENTIFIER, "wrong").put_object("x", b""))
        refused("InvalidAccessKeyId", lambda: self.make("nobody", SECRET).get_object("plain.txt"))
        refused("NoSuchKey", lambda: self.bucket.get_object("missing"))
        headers = {"x-oss-forbid-overwrite": "true"}
        refused("FileAlreadyExists", lambda: self.bucket.put_object("plain.txt", b"", headers=headers))
        refused("InvalidDigest", lambda: self.bucket.put_object(
            "x", b"body", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}))

    def listing(self):
        keys = [item.key for item in oss2.ObjectIterator(self.bucket, max_keys=2)]
        equal(keys, sorted(keys, key=lambda key: key.encode()), "the order")
        equal(set(AWKWARD_KEYS) <= set(keys), True, "all keys are listed")
        version2 = [item.key for item in oss2.ObjectIteratorV2(self.bucket, max_keys=2)]
        equal(version2, keys, "the list of version 2")
        folders = self.bucket.list_objects(delimiter="/").prefix_list
        equal("上传/" in folders, True, "a common prefix")

    def attributes(self):
        headers = {"x-oss-tagging": "a=1&b%20c=x%2By", "x-oss-object-acl": "public-read"}
        self.bucket.put_object("tagged", b"", headers=headers)
        tags = self.bucket.get_object_tagging("tagged").tag_set.tagging_rule
        equal(tags, {"a": "1", "b c": "x+y"}, "the tags")
        equal(self.bucket.get_object_acl("tagged").acl, "public-read", "the ACL")
        equal(self.bucket.get_object_meta("tagged").content_length, 0, "the length")
        info = self.bucket.get_bucket_info()
        equal((info.name, info.location), ("bucket-one", f"oss-{REGION}"), "the bucket")
        equal(self.bucket.get_bucket_location().location, f"oss-{REGION}", "the location")

    def delete(self):
        for key in AWKWARD_KEYS:
            self.bucket.delete_object(key)
            equal(self.bucket.object_exists(key), False, "the object's existence")


class ClientVersion2:
    """Checks with alibabacloud-oss-v2, which signs V4."""

    def __init__(self, endpoint, directory):
        self.endpoint, self.directory = endpoint, directory
        self.client = self.make(IDENTIFIER, SECRET)
        self.name = "oss-v2"
        self.bucket = "bucket-two"

    def make(self, identifier, secret):
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(identifier, secret)
        config.region, config.endpoint, config.retry_max_attempts = REGION, self.endpoint, 1
        return oss.Client(config)

    def body(self, key):
        request = oss.GetObjectRequest(bucket=self.bucket, key=key)
        return self.client.get_object(request).body.content

    def put(self):
        for key in SQUASHED_KEYS:
            self.client.put_object(oss.PutObjectRequest(
                bucket=self.bucket, key=key, body=BODY, metadata={"host": "two"}, storage_class="IA",
                content_type="text/x-check", forbid_overwrite=True))
            head = self.client.head_object(oss.HeadObjectRequest(bucket=self.bucket, key=key))
            equal(head.content_length, len(BODY), "the length")
            equal(head.metadata.get("host"), "two", "the metadata")
            equal(head.storage_class, "IA", "the storage class")
            equal(self.body(key), BODY, "the body")

    def uploader(self):
        path = os.path.join(self.directory, "uploader")
        with open(path, "wb") as file:
            file.write(BODY)
        uploader = self.client.uploader(part_size=PART, parallel_num=3)
        request = oss.PutObjectRequest(bucket=self.bucket, key="up load/er", acl="public-read")
        uploader.upload_file(request, path)
        equal(self.body("up load/er"), BODY, "the body")
        acl = self.client.get_object_acl(oss.GetObjectAclRequest(bucket=self.bucket, key="up load/er"))
        equal(acl.acl, "public-read", "the ACL")

    def multipart(self):
        place = {"bucket": self.bucket, "key": "multi/part"}
        upload = self.client.initiate_multipart_upload(
            oss.InitiateMultipartUploadRequest(**place)).upload_id
        place["upload_id"] = upload
        parts = []
        for number, start in enumerate(range(0, len(BODY), PART), 1):
            result = self.client.upload_part(oss.UploadPartRequest(
                part_number=number, body=BODY[start:start + PART], **place))
            parts.append(oss.UploadPart(part_number=number, etag=result.etag))
        pages = self.client.list_parts_paginator(limit=3).iter_page(oss.ListPartsRequest(**place))
        equal([part.part_number for page in pages for part in page.parts], [1, 2, 3, 4], "the parts")
        result = self.client.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts), **place))
        equal(self.body("multi/part"), BODY, "the body")
        head = self.client.head_object(oss.HeadObjectRequest(bucket=self.bucket, key="multi/part"))
        equal(head.hash_crc64, result.hash_crc64, "the CRC64")

    def abort(self):
        place = {"bucket": self.bucket, "key": "aborted"}
        upload = self.client.initiate_multipart_upload(
            oss.InitiateMultipartUploadRequest(**place)).upload_id
        pages = self.client.list_multipart_uploads_paginator().iter_page(
            oss.ListMultipartUploadsRequest(bucket=self.bucket))
        equal([item.upload_id for page in pages for item in page.uploads], [upload], "the uploads")
        self.client.abort_multipart_upload(oss.AbortMultipartUploadRequest(upload_id=upload, **place))
        refused("NoSuchUpload", lambda: self.client.list_parts(
            oss.ListPartsRequest(upload_id=upload, **place)))

    def refusals(self):
        request = oss.PutObjectRequest(bucket=self.bucket, key="x", body=b"x")
        refused("SignatureDoesNotMatch", lambda: self.make(IDENTIFIER, "wrong").put_object(request))
        refused("InvalidAccessKeyId", lambda: self.make("nobody", SECRET).put_object(request))
        refused("NoSuchKey", lambda: self.body("missing"))
        refused("NoSuchKey", lambda: self.client.head_object(
            oss.HeadObjectRequest(bucket=self.bucket, key="missing")))

    def listing(self):
        pages = self.client.list_objects_v2_paginator(limit=2).iter_page(
            oss.ListObjectsV2Request(bucket=self.bucket))
        keys = [item.key for page in pages for item in page.contents]
        equal(set(SQUASHED_KEYS) <= set(keys), True, "all keys are listed")
        equal(len(keys), len(set(keys)), "no key is listed twice")

    def delete(self):
        for key in SQUASHED_KEYS:
            self.client.delete_object(oss.DeleteObjectRequest(bucket=self.bucket, key=key))
            equal(self.client.is_object_exist(self.bucket, key), False, "the object's existence")


def conformance(server):
    directory = tempfile.mkdtemp(prefix="vendor-sdk-check-")
    environment = dict(os.environ, OSS_ACCESS_KEY_ID=IDENTIFIER, OSS_ACCESS_KEY_SECRET=SECRET)
    for name in ("OSS_SESSION_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN"):
        environment.pop(name, None)
    command = [server, "--root", os.path.join(directory, "root"), "--port", "0"]
    checks = Checks()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        ready = process.stdout.readline()
        if not ready.startswith("listening on "):
            raise SystemExit(f"vendor-sdk-check: {server} did not start")
        endpoint = ready.split()[2]
        one, two = oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4
        for version in (one, two):
            client = ClientVersion1(endpoint, version, directory)
            steps = (client.put, client.file_put, client.multipart, client.complete_all,
                     client.resumable, client.abort, client.refusals, client.listing,
                     client.attributes, client.delete)
            for step in steps:
                checks.run(f"{client.name} {step.__name__}", step)
        client = ClientVersion2(endpoint, directory)
        for step in (client.put, client.uploader, client.multipart, client.abort, client.refusals,
                     client.listing, client.delete):
            checks.run(f"{client.name} {step.__name__}", step)
        process.send_signal(signal.SIGTERM)
        checks.run("the server stops", lambda: equal(process.wait(timeout=30), 0, "the exit code"))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        shutil.rmtree(directory)
    return checks


def variable(*names):
    """The first of these environment variables that is set."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise SystemExit(f"vendor-sdk-check: {names[0]} is not set")


def read_back(bucket_name, list_path):
    """Each object against its file, as the vendor's client reads it."""
    identifier = variable("OSS_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID")
    secret = variable("OSS_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    endpoint = variable("OSS_ENDPOINT")
    token = os.environ.get("OSS_SESSION_TOKEN") or os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    auth = (oss2.StsAuth(identifier, secret, token, oss2.AUTH_VERSION_4) if token
            else oss2.AuthV4(identifier, secret))
    region = os.environ.get("OSS_REGION", REGION)
    bucket = oss2.Bucket(auth, endpoint, bucket_name, region=region)
    checks = Checks()

    def compare(path, key):
        stream = bucket.get_object(key)
        with open(path, "rb") as file:
            while True:
                expected = file.read(1 << 20)
                actual = stream.read(len(expected) or 1)
                while expected and len(actual) < len(expected):
                    more = stream.read(len(expected) - len(actual))
                    if not more:
                        break
                    actual += more
                if actual != expected:
                    raise AssertionError(f"object and file {path} differ")
                if not expected:
                    return

    with open(list_path, encoding="utf-8") as lines:
        for line in lines:
            path, key = line.rstrip("\n").split("\t", 1)
            name = key if len(key) <= 60 else key[:59] + "…"
            checks.run(name, lambda path=path, key=key: compare(path, key))
    return checks


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--serve":
        checks = conformance(arguments[1])
    elif len(arguments) == 3 and arguments[0] == "--read-back":
        checks = read_back(arguments[1], arguments[2])
    else:
        print("usage: vendor_sdk_check.py --serve SERVER | --read-back BUCKET LIST", file=sys.stderr)
        return 2
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
