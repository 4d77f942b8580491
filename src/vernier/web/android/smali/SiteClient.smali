# The site's files, at an https address that Google keeps for apps' own assets: the page is then in a
# secure context, and fetch, WebAssembly and workers are as on the web. Nothing else is answered.
.class public Lorg/vernier/web/SiteClient;
.super Landroid/webkit/WebViewClient;

.field private final activity:Lorg/vernier/web/MainActivity;

.method public constructor <init>(Lorg/vernier/web/MainActivity;)V
    .registers 2
    invoke-direct {p0}, Landroid/webkit/WebViewClient;-><init>()V
    iput-object p1, p0, Lorg/vernier/web/SiteClient;->activity:Lorg/vernier/web/MainActivity;
    return-void
.end method

# Other addresses are not opened in here.
.method public shouldOverrideUrlLoading(Landroid/webkit/WebView;Landroid/webkit/WebResourceRequest;)Z
    .registers 5
    const-string v0, "appassets.androidplatform.net"
    invoke-interface {p2}, Landroid/webkit/WebResourceRequest;->getUrl()Landroid/net/Uri;
    move-result-object v1
    invoke-virtual {v1}, Landroid/net/Uri;->getHost()Ljava/lang/String;
    move-result-object v1
    invoke-virtual {v0, v1}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v0
    xor-int/lit8 v0, v0, 0x1
    return v0
.end method

.method public shouldInterceptRequest(Landroid/webkit/WebView;Landroid/webkit/WebResourceRequest;)Landroid/webkit/WebResourceResponse;
    .registers 7
    invoke-interface {p2}, Landroid/webkit/WebResourceRequest;->getUrl()Landroid/net/Uri;
    move-result-object v0
    # data: comes by here as well, and is none of the site's.
    const-string v1, "https"
    invoke-virtual {v0}, Landroid/net/Uri;->getScheme()Ljava/lang/String;
    move-result-object v2
    invoke-virtual {v1, v2}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v1
    if-nez v1, :site
    const/4 v0, 0x0
    return-object v0
    :site
    :try_start
    const-string v1, "appassets.androidplatform.net"
    invoke-virtual {v0}, Landroid/net/Uri;->getHost()Ljava/lang/String;
    move-result-object v2
    invoke-virtual {v1, v2}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v1
    if-eqz v1, :missing
    invoke-virtual {v0}, Landroid/net/Uri;->getPath()Ljava/lang/String;
    move-result-object v0
    const-string v1, "/shared-picture"
    invoke-virtual {v1, v0}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v1
    if-eqz v1, :file
    invoke-direct {p0}, Lorg/vernier/web/SiteClient;->shared()Landroid/webkit/WebResourceResponse;
    move-result-object v0
    return-object v0
    :file
    const-string v1, "/"
    invoke-virtual {v1, v0}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v1
    if-eqz v1, :named
    const-string v0, "/index.html"
    :named
    const-string v1, "site"
    invoke-virtual {v1, v0}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v1
    iget-object v2, p0, Lorg/vernier/web/SiteClient;->activity:Lorg/vernier/web/MainActivity;
    invoke-virtual {v2}, Lorg/vernier/web/MainActivity;->getAssets()Landroid/content/res/AssetManager;
    move-result-object v2
    invoke-virtual {v2, v1}, Landroid/content/res/AssetManager;->open(Ljava/lang/String;)Ljava/io/InputStream;
    move-result-object v1
    invoke-static {v0}, Lorg/vernier/web/SiteClient;->type(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v0
    invoke-static {v0, v1}, Lorg/vernier/web/SiteClient;->found(Ljava/lang/String;Ljava/io/InputStream;)Landroid/webkit/WebResourceResponse;
    move-result-object v0
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :failed
    return-object v0
    :failed
    move-exception v0
    :missing
    invoke-static {}, Lorg/vernier/web/SiteClient;->missing()Landroid/webkit/WebResourceResponse;
    move-result-object v0
    return-object v0
.end method

# The picture that another app shared, once.
.method private shared()Landroid/webkit/WebResourceResponse;
    .registers 5
    iget-object v0, p0, Lorg/vernier/web/SiteClient;->activity:Lorg/vernier/web/MainActivity;
    iget-object v1, v0, Lorg/vernier/web/MainActivity;->shared:Landroid/net/Uri;
    if-nez v1, :there
    invoke-static {}, Lorg/vernier/web/SiteClient;->missing()Landroid/webkit/WebResourceResponse;
    move-result-object v0
    return-object v0
    :there
    const/4 v2, 0x0
    iput-object v2, v0, Lorg/vernier/web/MainActivity;->shared:Landroid/net/Uri;
    invoke-virtual {v0}, Lorg/vernier/web/MainActivity;->getContentResolver()Landroid/content/ContentResolver;
    move-result-object v2
    invoke-virtual {v2, v1}, Landroid/content/ContentResolver;->getType(Landroid/net/Uri;)Ljava/lang/String;
    move-result-object v3
    invoke-virtual {v2, v1}, Landroid/content/ContentResolver;->openInputStream(Landroid/net/Uri;)Ljava/io/InputStream;
    move-result-object v1
    invoke-static {v3, v1}, Lorg/vernier/web/SiteClient;->found(Ljava/lang/String;Ljava/io/InputStream;)Landroid/webkit/WebResourceResponse;
    move-result-object v0
    return-object v0
.end method

.method private static found(Ljava/lang/String;Ljava/io/InputStream;)Landroid/webkit/WebResourceResponse;
    .registers 4
    new-instance v0, Landroid/webkit/WebResourceResponse;
    const/4 v1, 0x0
    invoke-direct {v0, p0, v1, p1}, Landroid/webkit/WebResourceResponse;-><init>(Ljava/lang/String;Ljava/lang/String;Ljava/io/InputStream;)V
    return-object v0
.end method

.method private static missing()Landroid/webkit/WebResourceResponse;
    .registers 8
    new-instance v0, Landroid/webkit/WebResourceResponse;
    const-string v1, "text/plain"
    const/4 v2, 0x0
    const/16 v3, 0x194
    const-string v4, "Not Found"
    new-instance v5, Ljava/util/HashMap;
    invoke-direct {v5}, Ljava/util/HashMap;-><init>()V
    new-array v7, v2, [B
    new-instance v6, Ljava/io/ByteArrayInputStream;
    invoke-direct {v6, v7}, Ljava/io/ByteArrayInputStream;-><init>([B)V
    const/4 v2, 0x0
    invoke-direct/range {v0 .. v6}, Landroid/webkit/WebResourceResponse;-><init>(Ljava/lang/String;Ljava/lang/String;ILjava/lang/String;Ljava/util/Map;Ljava/io/InputStream;)V
    return-object v0
.end method

# Of a file by its name's end; modules and WebAssembly are refused under another type.
.method private static type(Ljava/lang/String;)Ljava/lang/String;
    .registers 3
    const-string v0, ".html"
    const-string v1, "text/html"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".js"
    const-string v1, "text/javascript"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".css"
    const-string v1, "text/css"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".json"
    const-string v1, "application/json"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".wasm"
    const-string v1, "application/wasm"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".svg"
    const-string v1, "image/svg+xml"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".png"
    const-string v1, "image/png"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".webmanifest"
    const-string v1, "application/manifest+json"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".tflite"
    const-string v1, "application/octet-stream"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v0, ".bin"
    const-string v1, "application/octet-stream"
    invoke-virtual {p0, v0}, Ljava/lang/String;->endsWith(Ljava/lang/String;)Z
    move-result v0
    if-nez v0, :known
    const-string v1, "text/plain"
    :known
    return-object v1
.end method
