"""Uploads a list through a client library: driver.py crt|oss URL LIST PART FILES PARTS-OF-A-FILE.

LIST has lines PATH tab SIZE tab KEY. Files above PART bytes go in parts. Checksums are on.
"""
import concurrent.futures
import sys
import threading


def with_crt(url, jobs, part, files, parts):
    from awscrt import auth, http, io, s3
    loops = io.EventLoopGroup()
    provider = auth.AwsCredentialsProvider.new_static("bench", "bench")
    client = s3.S3Client(
        bootstrap=io.ClientBootstrap(loops, io.DefaultHostResolver(loops)), region="us-east-1", part_size=part,
        signing_config=s3.create_default_s3_signing_config(region="us-east-1", credential_provider=provider),
        tls_mode=s3.S3RequestTlsMode.DISABLED, multipart_upload_threshold=part + 1,
        max_active_connections_override=files * parts, throughput_target_gbps=max(10, files * parts / 2.5 + 1))
    checksum = s3.S3ChecksumConfig(algorithm=s3.S3ChecksumAlgorithm.CRC64NVME, location=s3.S3ChecksumLocation.TRAILER)
    room = threading.Semaphore(2 * files * parts)
    errors = []

    def done(error=None, **_):
        if error:
            errors.append(error)
        room.release()

    waiting = []
    for path, size, key in jobs:
        room.acquire()
        headers = http.HttpHeaders([("Host", url.split("//")[1]), ("Content-Length", str(size))])
        request = http.HttpRequest("PUT", f"/bench/{key}", headers)
        waiting.append(client.make_request(type=s3.S3RequestType.PUT_OBJECT, request=request, send_filepath=path,
                                           checksum_config=checksum, on_done=done).finished_future)
        waiting = [future for future in waiting if not future.done()] if len(waiting) > 256 else waiting
    for future in waiting:
        future.result()
    if errors:
        raise SystemExit(f"{len(errors)} failed: {errors[0]}")


def with_oss(url, jobs, part, files, parts):
    import alibabacloud_oss_v2 as oss
    configuration = oss.config.load_default()
    configuration.credentials_provider = oss.credentials.StaticCredentialsProvider("bench", "bench")
    configuration.region, configuration.endpoint, configuration.use_path_style = "cn-hangzhou", url, True
    configuration.max_connections = files * parts + 4
    client = oss.Client(configuration)
    uploader = client.uploader(part_size=part, parallel_num=parts)

    def upload(job):
        path, size, key = job
        request = oss.PutObjectRequest(bucket="bench", key=key)
        if size > part:
            uploader.upload_file(request, path)
        else:
            client.put_object_from_file(request, path)

    with concurrent.futures.ThreadPoolExecutor(files) as pool:
        for _ in pool.map(upload, jobs):
            pass


def main():
    kind, url, path = sys.argv[1:4]
    part, files, parts = map(int, sys.argv[4:7])
    with open(path, encoding="utf-8") as rows:
        jobs = [(file, int(size), key) for file, size, key in (row.rstrip("\n").split("\t") for row in rows)]
    {"crt": with_crt, "oss": with_oss}[kind](url, jobs, part, files, parts)


main()
